/** The commands of STOMP 1.0, by who sends them, and the headers each cannot do without (P20). */
export const CLIENT_COMMANDS = [
  'CONNECT',
  'SEND',
  'SUBSCRIBE',
  'UNSUBSCRIBE',
  'BEGIN',
  'COMMIT',
  'ABORT',
  'ACK',
  'DISCONNECT',
] as const;

/** The commands of a server. */
export const SERVER_COMMANDS = ['CONNECTED', 'MESSAGE', 'RECEIPT', 'ERROR'] as const;

/** What a client sends. */
export type ClientCommand = (typeof CLIENT_COMMANDS)[number];
/** What a server sends. */
export type ServerCommand = (typeof SERVER_COMMANDS)[number];

/** The headers that STOMP 1.0 asks for with each command. */
export const REQUIRED_HEADERS: Readonly<Record<ClientCommand | ServerCommand, readonly string[]>> = {
  CONNECT: [],
  SEND: ['destination'],
  SUBSCRIBE: ['destination'],
  UNSUBSCRIBE: [], // `destination` or `id`
  BEGIN: ['transaction'],
  COMMIT: ['transaction'],
  ABORT: ['transaction'],
  ACK: ['message-id'],
  DISCONNECT: [],
  CONNECTED: [],
  MESSAGE: ['destination', 'message-id'],
  RECEIPT: ['receipt-id'],
  ERROR: [],
};
