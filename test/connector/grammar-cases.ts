/** One text, and what MCollective 2.12.5 made of it (`MCollective::Config#loadconfig` under Ruby 3.1). */
export interface GrammarCase {
  readonly what: string;
  readonly text: string;
  /** Its plugin map, or the message it refused to start with. */
  readonly mcollective: Readonly<Record<string, string>> | string;
  /** Our map, where it is another, and why. */
  readonly ours?: Readonly<Record<string, string>>;
  readonly because?: string;
}

const unknown = (key: string) => `Unknown config parameter '${key}'`;
const foreign = 'foreign keys are passed over here';

export const GRAMMAR_CASES: readonly GrammarCase[] = [
  { what: 'nothing', text: '', mcollective: {} },
  { what: 'blank lines', text: '\n \t\n\r\n', mcollective: {} },
  { what: 'one key', text: 'plugin.a = b\n', mcollective: { 'plugin.a': 'b' } },
  { what: 'no newline at the end', text: 'plugin.a = b', mcollective: { 'plugin.a': 'b' } },
  { what: 'no blanks', text: 'plugin.a=b\n', mcollective: { 'plugin.a': 'b' } },
  { what: 'many blanks', text: 'plugin.a \t =\t  b \t \n', mcollective: { 'plugin.a': 'b' } },
  {
    what: 'CRLF',
    text: 'plugin.a = b\r\nplugin.c = d\r\n',
    mcollective: { 'plugin.a': 'b', 'plugin.c': 'd' },
  },
  {
    what: 'CR alone ends no line',
    text: 'plugin.a = b\rplugin.c = d',
    mcollective: { 'plugin.a': 'b\rplugin.c = d' },
  },
  { what: 'a comment', text: '#plugin.a = b\n# plugin.c = d\n', mcollective: {} },
  {
    what: 'an indented comment is a key',
    text: ' # plugin.a = b\n',
    mcollective: unknown('# plugin.a'),
    ours: {},
    because: foreign,
  },
  {
    what: 'a comment after a value is value',
    text: 'plugin.a = b # c\n',
    mcollective: { 'plugin.a': 'b # c' },
  },
  { what: 'quotes are value', text: 'plugin.a = "b c"\n', mcollective: { 'plugin.a': '"b c"' } },
  { what: 'first = splits', text: 'plugin.a = b = c\n', mcollective: { 'plugin.a': 'b = c' } },
  { what: 'two = in a row', text: 'plugin.a==b\n', mcollective: { 'plugin.a': '=b' } },
  { what: 'value of =', text: 'plugin.a = =\n', mcollective: { 'plugin.a': '=' } },
  { what: 'no value', text: 'plugin.a =\nplugin.b = \t\r\n', mcollective: {} },
  {
    what: 'no value leaves the one before',
    text: 'plugin.a = b\nplugin.a =\n',
    mcollective: { 'plugin.a': 'b' },
  },
  { what: 'no =', text: 'plugin.a b\n', mcollective: {} },
  { what: 'no key', text: '= b\n', mcollective: {} },
  { what: 'a blank key', text: ' = b\n', mcollective: unknown(''), ours: {}, because: foreign },
  {
    what: '= in column 0 is of the key',
    text: '=a=b\n',
    mcollective: unknown('=a'),
    ours: {},
    because: foreign,
  },
  { what: 'last one wins', text: 'plugin.a = b\nplugin.a = c\n', mcollective: { 'plugin.a': 'c' } },
  {
    what: 'an indented key',
    text: '  plugin.a = b\n\tplugin.c = d\n',
    mcollective: { 'plugin.a': 'b', 'plugin.c': 'd' },
  },
  { what: 'form feed and vertical tab', text: '\fplugin.a\v=\v1\f\n', mcollective: { 'plugin.a': '1' } },
  {
    what: 'a no-break space is no blank',
    text: 'plugin.a = \u00a0b\u00a0\n',
    mcollective: { 'plugin.a': '\u00a0b\u00a0' },
  },
  { what: 'U+2028 ends no line', text: 'plugin.a = b\u2028c\n', mcollective: { 'plugin.a': 'b\u2028c' } },
  { what: 'letters of any script', text: 'plugin.é = ü\n', mcollective: { 'plugin.é': 'ü' } },
  {
    what: 'case matters',
    text: 'plugin.a = b\nplugin.A = c\n',
    mcollective: { 'plugin.a': 'b', 'plugin.A': 'c' },
  },
  {
    what: 'plugin. alone',
    text: 'plugin. = 1\n',
    mcollective: unknown('plugin.'),
    ours: {},
    because: foreign,
  },
  {
    what: 'any character for the dot',
    text: 'pluginZa = 1\n',
    mcollective: { 'plugin.a': '1' },
    ours: {},
    because: 'here the dot is a dot',
  },
  { what: 'a core key', text: 'ttl = 60\nplugin.a = b\n', mcollective: { 'plugin.a': 'b' } },
  {
    what: 'an unknown core key',
    text: 'nonsense = 1\nplugin.a = b\n',
    mcollective: unknown('nonsense'),
    ours: { 'plugin.a': 'b' },
    because: foreign,
  },
  {
    what: 'a byte order mark',
    text: '\ufeffplugin.a = b\n',
    mcollective: unknown('\ufeffplugin.a'),
    ours: { 'plugin.a': 'b' },
    because: 'editors of Windows write it, and nobody sees it',
  },
  {
    what: 'NUL at the ends of a key',
    text: 'plugin.a\0 = b\n',
    mcollective: { 'plugin.a': 'b' },
    ours: { 'plugin.a\0': 'b' },
    because: 'Ruby takes NUL for a blank',
  },
];
