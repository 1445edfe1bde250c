import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * The options of a script. With --help its first comment is printed, which ends at the first empty line; a wrong option
 * gets one line. Both end the process.
 * @param {string} script its `import.meta.url`
 */
export function readOptions(script, options) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean', default: false } } });
    if (!values.help) return values;
  } catch (error) {
    console.error(`${error.message} (--help shows what there is)`);
    process.exit(2);
  }
  const [comment] = readFileSync(fileURLToPath(script), 'utf8').split('\n\n');
  console.log(comment.replace(/^#!.*\n/, '').replace(/^\/\/ ?/gm, ''));
  process.exit(0);
}
