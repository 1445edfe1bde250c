/**
 * What real brokers sent to a STOMP 1.0 session, byte for byte: RabbitMQ 3.10.8, ActiveMQ 5.17.2 and
 * Stompserver 0.9.9. The session subscribed with `id:7`, sent `a NUL b NUL NUL c LF` with its length and then
 * `héllo` without, committed a transaction that it had not begun, and took its leave.
 */
export const BROKERS = [
  {
    name: 'RabbitMQ: CONNECTED',
    point: 'P21',
    wire: 'CONNECTED\nserver:RabbitMQ/3.10.8\nsession:session-UUMrVC_vti01ns2kVZtsZQ\nheart-beat:0,0\nversion:1.0\n\n\0\n',
    frames: [
      {
        command: 'CONNECTED',
        headers: [
          ['server', 'RabbitMQ/3.10.8'],
          ['session', 'session-UUMrVC_vti01ns2kVZtsZQ'],
          ['heart-beat', '0,0'],
          ['version', '1.0'],
        ],
        byteLength: 101,
      },
    ],
  },
  {
    name: 'ActiveMQ: CONNECTED',
    point: 'P21',
    wire: 'CONNECTED\nserver:ActiveMQ/5.17.2\nheart-beat:0,0\nsession:ID:vm-33337-1795399778104-3:2\nversion:1.0\n\n\0\n',
    frames: [
      {
        command: 'CONNECTED',
        headers: [
          ['server', 'ActiveMQ/5.17.2'],
          ['heart-beat', '0,0'],
          ['session', 'ID:vm-33337-1795399778104-3:2'],
          ['version', '1.0'],
        ],
        byteLength: 100,
      },
    ],
  },
  {
    name: 'Stompserver: CONNECTED',
    point: 'P21',
    wire: 'CONNECTED\nsession:wow\n\n\0\n',
    frames: [{ command: 'CONNECTED', headers: [['session', 'wow']], byteLength: 24 }],
  },
  {
    name: 'RabbitMQ: RECEIPT, then MESSAGE of a binary body',
    point: 'P13',
    wire: 'RECEIPT\nreceipt-id:sub-1\n\n\0\nMESSAGE\nsubscription:7\ndestination:/queue/rec1795435617\nmessage-id:T_7@@session-dSu47AMjPth1wf7XSCrv-w@@1\nredelivered:false\nk:v\ncontent-length:7\n\na\0b\0\0c\n\0\n',
    frames: [
      { command: 'RECEIPT', headers: [['receipt-id', 'sub-1']], offset: 0, byteLength: 27 },
      {
        command: 'MESSAGE',
        headers: [
          ['subscription', '7'],
          ['destination', '/queue/rec1795435617'],
          ['message-id', 'T_7@@session-dSu47AMjPth1wf7XSCrv-w@@1'],
          ['redelivered', 'false'],
          ['k', 'v'],
          ['content-length', '7'],
        ],
        body: 'a\0b\0\0c\n',
        offset: 28,
        byteLength: 154,
      },
    ],
  },
  {
    name: 'ActiveMQ: RECEIPT, then MESSAGE of a binary body',
    point: 'P13',
    wire: 'RECEIPT\nreceipt-id:sub-1\n\n\0\nMESSAGE\ncontent-length:7\nexpires:0\ndestination:/queue/rec1795435609\nk:v\nsubscription:7\npriority:4\nmessage-id:ID:vm-41485-1795435601877-3:2:-1:1:1\ntimestamp:1795435611023\n\na\0b\0\0c\n\0\n',
    frames: [
      { command: 'RECEIPT', headers: [['receipt-id', 'sub-1']], offset: 0, byteLength: 27 },
      {
        command: 'MESSAGE',
        headers: [
          ['content-length', '7'],
          ['expires', '0'],
          ['destination', '/queue/rec1795435609'],
          ['k', 'v'],
          ['subscription', '7'],
          ['priority', '4'],
          ['message-id', 'ID:vm-41485-1795435601877-3:2:-1:1:1'],
          ['timestamp', '1795435611023'],
        ],
        body: 'a\0b\0\0c\n',
        offset: 28,
        byteLength: 179,
      },
    ],
  },
  {
    name: 'Stompserver: RECEIPT, then MESSAGE of a binary body',
    point: 'P13',
    wire: 'RECEIPT\nreceipt-id:sub-1\ncontent-length:0\n\n\0\nMESSAGE\ndestination:/queue/rec1795435614\nk:v\ncontent-length:7\n\na\0b\0\0c\n\0\n',
    frames: [
      {
        command: 'RECEIPT',
        headers: [
          ['receipt-id', 'sub-1'],
          ['content-length', '0'],
        ],
        offset: 0,
        byteLength: 44,
      },
      {
        command: 'MESSAGE',
        headers: [
          ['destination', '/queue/rec1795435614'],
          ['k', 'v'],
          ['content-length', '7'],
        ],
        body: 'a\0b\0\0c\n',
        offset: 45,
        byteLength: 71,
      },
    ],
  },
  {
    name: 'RabbitMQ: MESSAGE of a body that was sent without its length',
    point: 'P16',
    wire: 'MESSAGE\nsubscription:7\ndestination:/queue/rec1795435617\nmessage-id:T_7@@session-dSu47AMjPth1wf7XSCrv-w@@2\nredelivered:false\nk:grün\ncontent-length:6\n\nhéllo\0\n',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['subscription', '7'],
          ['destination', '/queue/rec1795435617'],
          ['message-id', 'T_7@@session-dSu47AMjPth1wf7XSCrv-w@@2'],
          ['redelivered', 'false'],
          ['k', 'grün'],
          ['content-length', '6'],
        ],
        body: 'héllo',
      },
    ],
  },
  {
    name: 'ActiveMQ: MESSAGE of a body that was sent without its length',
    point: 'P15',
    wire: 'MESSAGE\nexpires:0\ndestination:/queue/rec1795435609\nk:grün\nsubscription:7\npriority:4\nmessage-id:ID:vm-41485-1795435601877-3:2:-1:1:2\ntimestamp:1795435611639\n\nhéllo\0\n',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['expires', '0'],
          ['destination', '/queue/rec1795435609'],
          ['k', 'grün'],
          ['subscription', '7'],
          ['priority', '4'],
          ['message-id', 'ID:vm-41485-1795435601877-3:2:-1:1:2'],
          ['timestamp', '1795435611639'],
        ],
        body: 'héllo',
      },
    ],
  },
  {
    name: 'Stompserver: MESSAGE of a body that was sent without its length',
    point: 'P15',
    wire: 'MESSAGE\ndestination:/queue/rec1795435614\nk:grün\n\nhéllo\0\n',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['destination', '/queue/rec1795435614'],
          ['k', 'grün'],
        ],
        body: 'héllo',
      },
    ],
  },
  {
    name: 'RabbitMQ: a value `a:b\\n ` comes back escaped, and the trailing blank with it',
    point: 'P9',
    wire: 'MESSAGE\nsubscription:7\ndestination:/queue/rec1795435617\nmessage-id:T_7@@session-dSu47AMjPth1wf7XSCrv-w@@3\nredelivered:false\nk:a\\cb\\n \nreceipt:r-2\n\n\0\nRECEIPT\nreceipt-id:r-2\n\n\0\n',
    options: { unescapeHeaders: true },
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['subscription', '7'],
          ['destination', '/queue/rec1795435617'],
          ['message-id', 'T_7@@session-dSu47AMjPth1wf7XSCrv-w@@3'],
          ['redelivered', 'false'],
          ['k', 'a:b\n'],
          ['receipt', 'r-2'],
        ],
        offset: 0,
        byteLength: 148,
      },
      { command: 'RECEIPT', headers: [['receipt-id', 'r-2']], offset: 149, byteLength: 25 },
    ],
  },
  {
    name: 'ActiveMQ: a value `a\\nb` comes back as a broken line',
    point: 'P10',
    wire: 'MESSAGE\nk:a\nb\npriority:4\n\n\0\n',
    frames: [
      {
        command: 'MESSAGE',
        headers: [
          ['k', 'a'],
          ['b', ''],
          ['priority', '4'],
        ],
        byteLength: 27,
      },
    ],
  },
  {
    name: 'RabbitMQ: ERROR for an unknown transaction',
    point: 'P23',
    wire: 'ERROR\nmessage:Bad transaction\ncontent-type:text/plain\nversion:1.0,1.1,1.2\ncontent-length:39\n\nInvalid transaction identifier: "nope"\n\0\n',
    frames: [
      {
        command: 'ERROR',
        headers: [
          ['message', 'Bad transaction'],
          ['content-type', 'text/plain'],
          ['version', '1.0,1.1,1.2'],
          ['content-length', '39'],
        ],
        body: 'Invalid transaction identifier: "nope"\n',
      },
    ],
  },
  {
    name: 'ActiveMQ: ERROR for an unknown transaction (its stack trace cut short)',
    point: 'P23',
    wire: 'ERROR\ncontent-type:text/plain\nreceipt-id:tx-1\nmessage:Invalid transaction id: nope\n\norg.apache.activemq.transport.stomp.ProtocolException: Invalid transaction id: nope\n\tat java.base/java.lang.Thread.run(Thread.java:840)\n\0\n',
    frames: [
      {
        command: 'ERROR',
        headers: [
          ['content-type', 'text/plain'],
          ['receipt-id', 'tx-1'],
          ['message', 'Invalid transaction id: nope'],
        ],
        body: 'org.apache.activemq.transport.stomp.ProtocolException: Invalid transaction id: nope\n\tat java.base/java.lang.Thread.run(Thread.java:840)\n',
      },
    ],
  },
  {
    name: 'Stompserver: ERROR for an unknown transaction',
    point: 'P23',
    wire: 'ERROR\nmessage:See below\ncontent-length:26\n\ntransaction does not exist\0\n',
    frames: [
      {
        command: 'ERROR',
        headers: [
          ['message', 'See below'],
          ['content-length', '26'],
        ],
        body: 'transaction does not exist',
      },
    ],
  },
  {
    name: 'RabbitMQ: ERROR for a bad passcode',
    point: 'P21',
    wire: "ERROR\nmessage:Bad CONNECT\ncontent-type:text/plain\nversion:1.0,1.1,1.2\ncontent-length:29\n\nAccess refused for user 'me'\n\0\n",
    frames: [
      {
        command: 'ERROR',
        headers: [
          ['message', 'Bad CONNECT'],
          ['content-type', 'text/plain'],
          ['version', '1.0,1.1,1.2'],
          ['content-length', '29'],
        ],
        body: "Access refused for user 'me'\n",
      },
    ],
  },
  {
    name: 'ActiveMQ: ERROR for a bad passcode',
    point: 'P21',
    wire: 'ERROR\ncontent-type:text/plain\nmessage:User name [me] or password is invalid.\n\nUser name [me] or password is invalid.\0\n',
    frames: [
      {
        command: 'ERROR',
        headers: [
          ['content-type', 'text/plain'],
          ['message', 'User name [me] or password is invalid.'],
        ],
        body: 'User name [me] or password is invalid.',
      },
    ],
  },
  {
    name: 'Stompserver: ERROR for a bad passcode',
    point: 'P21',
    wire: 'ERROR\nmessage:See below\ncontent-length:13\n\nInvalid Login\0\n',
    frames: [
      {
        command: 'ERROR',
        headers: [
          ['message', 'See below'],
          ['content-length', '13'],
        ],
        body: 'Invalid Login',
      },
    ],
  },
];
