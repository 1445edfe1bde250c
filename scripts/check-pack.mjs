#!/usr/bin/env node
// Checks the package as its users get it: packs it, installs the archive into an empty folder and uses every
// entry point from there with `import`, with `require` and from TypeScript, and the program it installs. What
// publint and Are the types wrong? say of the archive counts as well. Then it types the lines of README.md, as somebody
// would who has nothing but the archive.
//
// usage: node scripts/check-pack.mjs    (after a build)

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { trial } from './trial.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = ['.', './frame', './transport', './pool', './connector', './broker', './audit'];
const specifiers = entries.map((entry) => manifest.name + entry.slice(1));

const work = mkdtempSync(join(tmpdir(), 'stompwire-pack-'));
const archives = join(work, 'archives');
const user = join(work, 'user');

function run(program, args, cwd = user) {
  try {
    return execFileSync(program, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    });
  } catch (error) {
    throw new Error(
      `${[program, ...args].join(' ')} failed\n${error.stdout ?? ''}${error.stderr ?? error.message}`,
    );
  }
}

function checkExports(program) {
  const counts = JSON.parse(run(process.execPath, program));
  for (const [specifier, count] of Object.entries(counts)) {
    if (!(count > 0)) throw new Error(`${specifier} exports nothing`);
  }
  return Object.entries(counts)
    .map(([specifier, count]) => `${specifier} ${count}`)
    .join(', ');
}

function pack() {
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', archives], root),
  );
  const names = packed.files.map((file) => file.path);
  for (const pattern of [/^src\//, /^test\//, /\.test\./, /^node_modules\//]) {
    const stray = names.find((name) => pattern.test(name));
    if (stray) throw new Error(`the archive holds ${stray}, which is not for users`);
  }
  console.log(`packed ${packed.filename}: ${names.length} files, ${packed.size} bytes`);
  return join(archives, packed.filename);
}

function install(archive) {
  writeFileSync(join(user, 'package.json'), '{ "private": true, "type": "commonjs" }\n');
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', archive]);
  console.log('installed into an empty folder, without a registry');
}

function checkImport() {
  writeFileSync(
    join(user, 'use.mjs'),
    `const counts = {};
for (const name of ${JSON.stringify(specifiers)}) counts[name] = Object.keys(await import(name)).length;
console.log(JSON.stringify(counts));
`,
  );
  console.log(`import: ${checkExports(['use.mjs'])}`);
}

function checkRequire() {
  writeFileSync(
    join(user, 'use.cjs'),
    `const counts = {};
for (const name of ${JSON.stringify(specifiers)}) counts[name] = Object.keys(require(name)).length;
console.log(JSON.stringify(counts));
`,
  );
  console.log(`require: ${checkExports(['use.cjs'])}`);
}

function checkTypes() {
  const lines = specifiers.map(
    (name, index) => `import * as entry${index} from '${name}';\nvoid entry${index};\n`,
  );
  writeFileSync(join(user, 'use-types.mts'), lines.join(''));
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023', 'esnext.disposable'],
    strict: true,
    noEmit: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
  writeFileSync(join(user, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use-types.mts'] }));
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']);
  console.log('types: every entry point compiles in a strict project');
}

async function checkManifest(archive) {
  const tarball = new Uint8Array(readFileSync(archive)).buffer;
  const { messages } = await publint({ pack: { tarball }, strict: true });
  if (messages.length > 0) {
    throw new Error(`publint: ${messages.map((message) => formatMessage(message, manifest)).join('; ')}`);
  }
  console.log('publint: nothing to say');
}

/**
 * That `require` gets an ES module is meant: every Node in `engines` can do that, and checkRequire shows it. Nodes
 * too old for `exports` are not in `engines`.
 */
function checkResolution(archive) {
  const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  run(process.execPath, [attw, archive, '--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm']);
  console.log('are the types wrong: no');
}

function checkProgram() {
  for (const name of Object.keys(manifest.bin ?? {})) {
    const program = join(user, 'node_modules/.bin', name);
    if (!existsSync(program)) throw new Error(`the program ${name} was not installed`);
    run(program, ['--help']);
    console.log(`program: ${name} --help`);
  }
}

try {
  mkdirSync(archives);
  mkdirSync(user);
  const archive = pack();
  await checkManifest(archive);
  checkResolution(archive);
  install(archive);
  checkImport();
  checkRequire();
  checkTypes();
  checkProgram();
  await trial(root, archive, work);
} catch (error) {
  console.error(`check-pack: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
