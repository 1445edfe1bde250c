import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CORE_KEYS } from '../../src/connector/collectives.js';
import { parseConfig, targetOf, targetsOf } from '../../src/connector/index.js';
import { describeRuby, ruby } from './ruby.js';
import { single, thrownBy } from './support.js';

const read = (...lines: string[]) => parseConfig(single(...lines));
const targetsIn = (...lines: string[]) => read(...lines).targets;

describe('the destinations of an agent', () => {
  test('by default', () => {
    const targets = targetsIn();
    expect(targetOf(targets, 'discovery', 'command')).toBe('/topic/mcollective.discovery.command');
    expect(targetOf(targets, 'discovery', 'reply')).toBe('/topic/mcollective.discovery.reply');
    expect(targetOf(targets, 'rpcutil', 'command', 'mcollective')).toBe('/topic/mcollective.rpcutil.command');
    expect(targetsOf(targets, 'discovery', 'command')).toEqual(['/topic/mcollective.discovery.command']);
  });

  test('in several collectives: a request goes to the main one, a server listens on all, in their order', () => {
    const targets = targetsIn(
      'collectives = mcollective, uk_collective,de',
      'main_collective = uk_collective',
    );
    expect(targetOf(targets, 'discovery', 'command')).toBe('/topic/uk_collective.discovery.command');
    expect(targetOf(targets, 'discovery', 'reply', 'de')).toBe('/topic/de.discovery.reply');
    expect(targetsOf(targets, 'puppetd', 'command')).toEqual([
      '/topic/mcollective.puppetd.command',
      '/topic/uk_collective.puppetd.command',
      '/topic/de.puppetd.command',
    ]);
  });

  test('prefix and separator are used as they stand', () => {
    expect(targetOf(targetsIn('topicprefix = /queue/x.', 'topicsep = /'), 'a', 'reply')).toBe(
      '/queue/x.mcollective/a/reply',
    );
    expect(targetOf(targetsIn('topicsep = ::'), 'a', 'command')).toBe('/topic/mcollective::a::command');
  });

  test('a collective one does not belong to, another kind and no agent are refused', () => {
    const targets = targetsIn('collectives = uk, de');
    const refused = (action: () => unknown) => thrownBy(action).message;
    expect(thrownBy(() => targetOf(targets, 'a', 'command', 'fr'))).toMatchObject({
      code: 'STOMP_CONFIG_INVALID',
      message: 'collective: expected one of uk, de, received "fr"',
    });
    // The main one is mcollective unless the file says otherwise, whatever the list says.
    expect(refused(() => targetOf(targets, 'a', 'command'))).toBe(
      'collective: expected one of uk, de, received "mcollective"',
    );
    expect(refused(() => targetOf(targets, 'a', 'directed' as 'reply', 'uk'))).toBe(
      'kind: expected command or reply, received "directed"',
    );
    expect(refused(() => targetsOf(targets, '', 'reply'))).toBe('agent: expected a name, received ""');
  });
});

describe('the keys in a file', () => {
  test('their defaults, and that they are frozen', () => {
    const { targets, warnings } = read();
    expect(targets).toEqual({
      topicPrefix: '/topic/',
      topicSeparator: '.',
      collectives: ['mcollective'],
      mainCollective: 'mcollective',
    });
    expect(warnings).toEqual([]);
    expect(Object.isFrozen(targets) && Object.isFrozen(targets.collectives)).toBe(true);
  });

  test.each([
    ['topicprefix = /exchange/mc_', 'topicPrefix', '/exchange/mc_'],
    ['topicsep = -', 'topicSeparator', '-'],
    ['collectives = mcollective,uk', 'collectives', ['mcollective', 'uk']],
    ['collectives = mcollective', 'mainCollective', 'mcollective'],
  ] as const)('%s', (line, option, value) => {
    const { targets, warnings } = read(line);
    expect(targets[option]).toEqual(value);
    expect(warnings).toEqual([]);
  });

  test.each([
    [['topicsep = .', 'topicsep = -'], 5, 'topicsep', 'is also on line 4; this one, the last, is used'],
    [['topicprefix ='], 4, 'topicprefix', 'has no value, and is ignored as in MCollective'],
    [[' topicsep = -'], 4, 'topicsep', 'is indented, which older versions of MCollective refuse'],
    [['topic_prefix = /queue/'], 4, 'topic_prefix', 'is ignored; the nearest key is topicprefix'],
    [['collective = uk'], 4, 'collective', 'is ignored; the nearest key is collectives'],
    [['main_colective = uk'], 4, 'main_colective', 'is ignored; the nearest key is main_collective'],
    [['collectives = mcollective,,'], 4, 'collectives', 'has a comma without a name beside it'],
    [['collectives = a, mcollective, a'], 4, 'collectives', 'names a more than once'],
    [
      ['collectives = uk, de'],
      4,
      'collectives',
      'leaves main_collective = mcollective outside of collectives = uk, de: a target without a collective is refused',
    ],
    [
      ['collectives = mcollective', 'main_collective = uk'],
      5,
      'main_collective',
      'leaves main_collective = uk outside of collectives = mcollective: a target without a collective is refused',
    ],
    [
      ['topicprefix = /topic/mcollective'],
      4,
      'topicprefix',
      'is joined to the collective as it stands, which gives /topic/mcollectivemcollective; files for MCollective before 1.1.3 have /topic/mcollective where /topic/ is meant now',
    ],
  ])('%j gives a warning', (lines, line, key, message) => {
    expect(read(...lines).warnings).toEqual([{ line, key, message }]);
  });

  test('what stays of a list with slips in it', () => {
    expect(targetsIn('collectives = ,a,, mcollective , a,').collectives).toEqual(['a', 'mcollective']);
  });

  test('a list without a name is refused', () => {
    expect(thrownBy(() => read('collectives = , ,'))).toMatchObject({
      code: 'STOMP_CONFIG_INVALID',
      option: 'collectives',
      line: 4,
      message: 'collectives (line 4): expected names with commas between them, received ", ,"',
    });
  });
});

test.each(['operators.md', 'options.md'])('docs/%s has each key with its default', (name) => {
  const text = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  for (const key of CORE_KEYS) {
    expect(text).toMatch(
      new RegExp(`^\\| \`${key.name}\` \\|.* \`${key.default.replace('.', '\\.')}\` \\|`, 'm'),
    );
  }
});

/** What the real MCollective makes of a list: its collectives, and for one agent what it subscribes to. */
const COLLECTIVES = `
  require "mcollective"
  require "tmpdir"
  class << MCollective::PluginManager
    def loadclass(*); end
    def <<(*); end
  end
  config = MCollective::Config.instance
  answers = Dir.mktmpdir do |dir|
    JSON.parse($stdin.read).map do |text|
      file = File.join(dir, "client.cfg")
      File.binwrite(file, text)
      config.loadconfig(file)
      subscriptions = MCollective::Util.make_subscriptions("a", :broadcast).map { |one| one[:collective] }
      begin
        MCollective::Util.make_subscriptions("a", :broadcast, config.main_collective)
        known = true
      rescue RuntimeError
        known = false
      end
      {main: config.main_collective, subscriptions: subscriptions, known: known}
    end
  end
  puts JSON.generate(answers)
`;

/** Every key of MCollective itself, from its own source. */
const KEYS = `
  require "mcollective"
  source = File.read(MCollective::Config.instance_method(:loadconfig).source_location[0])
  puts JSON.generate(source.scan(/when ("[^\\n]*")$/).flat_map { |line| line[0].scan(/"(\\w+)"/).flatten })
`;

describeRuby('mcollective', 'targets as the real MCollective reads them', () => {
  const texts = [
    '',
    'collectives = mcollective,uk\n',
    'collectives = a , b,c\nmain_collective = b\n',
    'collectives=a\n',
    'main_collective = uk\n',
    'collectives = a b, mcollective\n',
    'collectives = x\ncollectives = y,mcollective\n',
    'collectives =\nmain_collective =\n',
    'collectives = mcollective,uk\r\nmain_collective = uk\r\n',
  ];

  test('collectives, the main one, and whether a request to it is possible', () => {
    const ours = texts.map((text) => {
      const { targets } = parseConfig(single(text));
      const known = targets.collectives.includes(targets.mainCollective);
      const subscriptions = targetsOf(targets, 'a', 'command').map((name) =>
        name.slice(7, -'.a.command'.length),
      );
      return { main: targets.mainCollective, subscriptions, known };
    });
    expect(ours).toEqual(ruby(COLLECTIVES, texts));
  });

  test('none of its keys is taken for a slip', () => {
    const keys = ruby(KEYS, null) as string[];
    expect(keys.length).toBeGreaterThan(40);
    const values: Record<string, string> = { connector: 'stomp', topicprefix: '/topic/' };
    const { warnings } = read(...keys.map((key) => `${key} = ${values[key] ?? 'mcollective'}`));
    expect(warnings).toEqual([]);
  });
});
