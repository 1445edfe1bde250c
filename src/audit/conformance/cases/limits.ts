import type { Seen } from '../seen.js';
import { dialect, type Judgement } from '../verdict.js';
import { asked, login, mark, pause, quiet, section, write } from './steps.js';

const open = (seen: Seen): Judgement => dialect(seen.fate('a'));
const sent = (headers: string) => [
  login('a'),
  ...asked('a', `SEND\ndestination:{nowhere}\nreceipt:r1\n${headers}\nx\0`),
];
const lines = (count: number) => Array.from({ length: count }, (_, at) => `h${at}:v\n`).join('');

const limit = (id: string, title: string, steps: Parameters<typeof section>[1][number]['steps']) => ({
  ...{ id: `limits.${id}`, point: 'P17', title, expected: 'open', steps },
  judge: open,
});

export const limitCases = section('Limits', [
  limit('line-8k', 'a header line of 8,192 bytes', sent(`k:${'v'.repeat(8_190)}\n`)),
  limit('line-12k', 'a header line of 12,288 bytes', sent(`k:${'v'.repeat(12_286)}\n`)),
  limit('line-64k', 'a header line of 65,536 bytes', sent(`k:${'v'.repeat(65_534)}\n`)),
  limit('headers-900', '900 headers', sent(lines(900))),
  limit('headers-1100', '1,100 headers', sent(lines(1_100))),
  limit('command-200', 'a command of 200 letters', [
    login('a'),
    ...asked('a', `${'F'.repeat(200)}\nreceipt:r1\n\n\0`),
  ]),
  limit('command-1200', 'a command of 1,200 letters', [
    login('a'),
    ...asked('a', `${'F'.repeat(1_200)}\nreceipt:r1\n\n\0`),
  ]),
  limit('announced-body', 'content-length:1073741824, of which nothing comes', [
    login('a'),
    mark('a'),
    write('a', 'SEND\ndestination:{nowhere}\ncontent-length:1073741824\n\nx'),
    quiet('a', 2),
    pause(0.2),
  ]),
]);
