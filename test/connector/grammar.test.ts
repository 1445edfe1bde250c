import { describe, expect, test } from 'vitest';
import { readLines } from '../../src/connector/grammar.js';
import { GRAMMAR_CASES } from './grammar-cases.js';
import { describeRuby, ruby } from './ruby.js';

function pluginMap(text: string): Record<string, string> {
  const map: Record<string, string> = {};
  for (const { key, value } of readLines(text)) {
    if (key.startsWith('plugin.') && key !== 'plugin.' && value !== undefined) map[key] = value;
  }
  return map;
}

/** Loads each text with the real MCollective; only the loading of plugins is left out. */
const LOADER = `
  require "mcollective"
  require "tmpdir"
  class << MCollective::PluginManager
    def loadclass(*); end
    def <<(*); end
  end
  answers = Dir.mktmpdir do |dir|
    JSON.parse($stdin.read).map do |text|
      file = File.join(dir, "client.cfg")
      File.binwrite(file, text)
      begin
        MCollective::Config.instance.loadconfig(file)
        MCollective::Config.instance.pluginconf.map { |key, value| ["plugin.#{key}", value] }.to_h
      rescue RuntimeError => error
        error.message
      end
    end
  end
  puts JSON.generate(answers)
`;

describe('the grammar of client.cfg', () => {
  test.each(GRAMMAR_CASES)('$what', ({ text, mcollective, ours }) => {
    expect(pluginMap(text)).toEqual(ours ?? mcollective);
  });

  test('a difference from MCollective has a reason', () => {
    for (const { mcollective, ours, because } of GRAMMAR_CASES) {
      expect(because === undefined).toBe(ours === undefined);
      if (ours === undefined) expect(mcollective).toBeTypeOf('object');
    }
  });

  test('lines are counted from 1, comments and blank ones too; CRLF or LF', () => {
    const text = '# one\n\nplugin.a = 1\n  plugin.b = 2\nplugin.c =\nno equals\n';
    const lines = [
      { line: 3, key: 'plugin.a', value: '1', indented: false },
      { line: 4, key: 'plugin.b', value: '2', indented: true },
      { line: 5, key: 'plugin.c', value: undefined, indented: false },
      { line: 6, key: 'no equals', value: undefined, indented: false },
    ];
    expect(readLines(text)).toEqual(lines);
    expect(readLines(text.replaceAll('\n', '\r\n'))).toEqual(lines);
  });

  test('an = in column 0 belongs to the key', () => {
    expect(readLines('=a=b\n== c\n= d')).toMatchObject([
      { key: '=a', value: 'b' },
      { key: '=', value: 'c' },
      { key: '= d', value: undefined },
    ]);
  });

  test('its cost is linear in the length of a line', () => {
    const blanks = ' '.repeat(1_000_000);
    const [line] = readLines(`plugin.a${blanks}b${blanks}=${blanks}=${blanks}`);
    expect(line).toMatchObject({ key: `plugin.a${blanks}b`, value: '=' });
  });
});

describeRuby('mcollective', 'the grammar as the real MCollective reads it', () => {
  test('the recorded table', () => {
    const answers = ruby(
      LOADER,
      GRAMMAR_CASES.map(({ text }) => text),
    );
    expect(answers).toEqual(GRAMMAR_CASES.map(({ mcollective }) => mcollective));
  });

  test('five hundred texts of random pieces', () => {
    const texts = randomTexts(500);
    const answers = ruby(LOADER, texts);
    expect(texts.map(pluginMap)).toEqual(answers);
  });
});

/** From pieces whose reading is the same on both sides; the differences stand in the table. */
function randomTexts(count: number): string[] {
  const keys = ['plugin.stomp.host', 'plugin.a', 'plugin.a.b', 'plugin.Ä', 'plugin.x y', 'plugin.#', 'ttl'];
  const blanks = ['', ' ', '\t', '  ', '\v', ' \f'];
  const values = [
    '',
    '1',
    '60',
    'a b',
    '#c',
    'x # y',
    '=',
    '= =',
    'a=b',
    '"q"',
    'a\rb',
    '\u00a0',
    '\u2028',
    'é',
  ];
  const others = ['', '#', '# c = d', '  ', 'no equals', '\t', '#plugin.a = 9', 'plugin.a', '='];
  const ends = ['\n', '\r\n', ' \n', '\n\n'];
  let seed = 20_260;
  const pick = (from: readonly string[]): string => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return from[(seed >>> 8) % from.length]!;
  };
  const line = (): string => {
    if (pick(['line', 'line', 'line', 'other']) === 'other') return pick(others) + pick(ends);
    const key = pick(keys);
    const value = key === 'ttl' ? '60' : pick(values);
    return [pick(blanks), key, pick(blanks), '=', pick(blanks), value, pick(ends)].join('');
  };
  return Array.from({ length: count }, () => Array.from({ length: 8 }, line).join(''));
}
