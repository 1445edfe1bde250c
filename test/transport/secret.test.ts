import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/transport/secret.js';

describe('Secret', () => {
  const secret = new Secret('S3NTINEL');
  const spread = { ...{ login: 'me', passcode: secret } };

  it('reveals its value when asked', () => {
    expect(secret.reveal()).toBe('S3NTINEL');
    expect(spread.passcode.reveal()).toBe('S3NTINEL');
    expect(new Secret('').reveal()).toBe('');
  });

  it.each<[string, string, string]>([
    ['as text', String(secret), '[secret]'],
    ['in a template', `${secret}`, '[secret]'],
    ['joined', [secret, secret].join(), '[secret],[secret]'],
    ['as JSON', JSON.stringify(secret), '"[secret]"'],
    ['in an object as JSON', JSON.stringify(spread), '{"login":"me","passcode":"[secret]"}'],
    ['inspected', inspect(secret, { showHidden: true, depth: 9 }), '[secret]'],
    ['in an object, inspected', inspect(spread), "{ login: 'me', passcode: [secret] }"],
    ['in a clone', inspect(structuredClone({ secret })), '{ secret: {} }'],
    ['as own names', Reflect.ownKeys(secret).join(), ''],
  ])('hides it %s', (_, shown, expected) => {
    expect(shown).toBe(expected);
  });
});
