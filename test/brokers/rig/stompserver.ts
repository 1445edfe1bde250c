import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Broker, bringUp, ChildBroker, type CommonOptions, HOST, newHome } from './broker.js';
import { freePort } from './ports.js';
import { which } from './process.js';

export interface StompserverOptions extends CommonOptions {
  /** Ask for a login. Default false: any login, or none, will do. */
  readonly auth?: boolean;
  readonly login?: string;
  readonly passcode?: string;
}

const SHIM = fileURLToPath(new URL('stompserver-ruby3.rb', import.meta.url));

async function make(options: StompserverOptions): Promise<ChildBroker> {
  const { auth = false, login = 'me', passcode = 'secret' } = options;
  const { directory, mark } = newHome('stompserver');
  const port = await freePort();
  mkdirSync(join(directory, 'etc'));
  writeFileSync(join(directory, 'etc/.passwd'), `${login}: ${passcode}\n`);
  const config = join(directory, 'stompserver.conf');
  const settings = {
    daemon: false,
    working_dir: directory,
    queue: 'memory',
    auth,
    debug: false,
    host: HOST,
    port,
  };
  const lines = Object.entries(settings).map(([name, value]) => `:${name}: ${JSON.stringify(value)}\n`);
  writeFileSync(config, `---\n${lines.join('')}`);
  return new ChildBroker({
    kind: 'stompserver',
    name: 'Stompserver',
    port,
    login,
    passcode,
    directory,
    mark,
    launch: {
      command: 'ruby',
      args: ['-W0', '-r', SHIM, which('stompserver') ?? 'stompserver', '-C', config],
    },
    readyTimeoutMs: options.readyTimeoutMs ?? 20_000,
  });
}

/** Stompserver 0.9.9. It keeps messages in memory only and has no TLS. */
export function startStompserver(options: StompserverOptions = {}): Promise<Broker> {
  return bringUp(() => make(options), options);
}
