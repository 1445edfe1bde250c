import { spawn } from 'node:child_process';

/**
 * Runs a command to its end and reads the JSON in the last line it printed.
 * @returns {Promise<any>} rejects with what it wrote to stderr, or when `timeoutMs` is over
 */
export function runJson(command, args, { timeoutMs = 180_000, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let out = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors = (errors + text).slice(-4096);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const line = out.trim().split('\n').at(-1) ?? '';
      if (line.startsWith('{')) resolve(JSON.parse(line));
      else reject(new Error(explainEnd(signal ?? code, errors)));
    });
  });
}

/** Node ends with 13 when nothing is left that could settle what it awaits. */
function explainEnd(code, errors) {
  if (code === 13) return 'the connection ended before its time';
  return `ended with ${code}: ${firstLine(errors) || 'it printed no result'}`;
}

function firstLine(text) {
  const lines = text.trim().split('\n');
  return (lines.find((line) => /error|exception/i.test(line)) ?? lines.at(-1) ?? '').trim().slice(0, 160);
}
