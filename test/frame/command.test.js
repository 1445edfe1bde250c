import { describe, expect, test } from 'vitest';
import { CLIENT_COMMANDS, REQUIRED_HEADERS, SERVER_COMMANDS } from '../../src/frame/index.js';

describe('the commands of STOMP 1.0', () => {
  test('P20 nine from the client and four from the server', () => {
    expect([...CLIENT_COMMANDS].sort()).toEqual([
      'ABORT',
      'ACK',
      'BEGIN',
      'COMMIT',
      'CONNECT',
      'DISCONNECT',
      'SEND',
      'SUBSCRIBE',
      'UNSUBSCRIBE',
    ]);
    expect([...SERVER_COMMANDS].sort()).toEqual(['CONNECTED', 'ERROR', 'MESSAGE', 'RECEIPT']);
  });
  test('P20 what each cannot do without', () => {
    expect(REQUIRED_HEADERS).toEqual({
      CONNECT: [],
      SEND: ['destination'],
      SUBSCRIBE: ['destination'],
      UNSUBSCRIBE: [],
      BEGIN: ['transaction'],
      COMMIT: ['transaction'],
      ABORT: ['transaction'],
      ACK: ['message-id'],
      DISCONNECT: [],
      CONNECTED: [],
      MESSAGE: ['destination', 'message-id'],
      RECEIPT: ['receipt-id'],
      ERROR: [],
    });
  });
});
