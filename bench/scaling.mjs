import { fileURLToPath } from 'node:url';
import { runJson } from './child.mjs';

/** From this chunk size on, what a byte costs is to stay within MOST_BYTES times; below it, what a push costs is bounded. */
const FLAT_FROM = 4_096;
const MOST_BYTES = 3;
const MOST_MESSAGES = 1.5;

/** How the cost grows with the size of chunks, with subscriptions and with receipts in flight: drivers/scaling.mjs. */
export async function measureScaling() {
  const script = fileURLToPath(new URL('./drivers/scaling.mjs', import.meta.url));
  const measured = await runJson(process.execPath, [script]);
  return { ...measured, judged: [...judgeChunks(measured.chunks), ...judgeMessages(measured)] };
}

const spread = (values) => Math.max(...values) / Math.min(...values);

function judgeChunks(rows) {
  const streams = [...new Set(rows.map(({ stream }) => stream))];
  return streams.flatMap((stream) => {
    const of = rows.filter((row) => row.stream === stream);
    const ratio = spread(of.filter(({ chunk }) => chunk >= FLAT_FROM).map(({ nsPerByte }) => nsPerByte));
    const bound = of.find(({ chunk }) => chunk === FLAT_FROM).nsPerPush;
    const below = Math.max(...of.filter(({ chunk }) => chunk < FLAT_FROM).map(({ nsPerPush }) => nsPerPush));
    return [
      { what: `${stream}: time a byte, chunks of 4 KiB and more`, ratio, most: MOST_BYTES },
      { what: `${stream}: time a push below that, of one of 4 KiB`, ratio: below / bound, most: 1 },
    ];
  });
}

function judgeMessages({ subscriptions, receipts }) {
  const flat = (rows) => spread(rows.map(({ nsPerMessage }) => nsPerMessage));
  const [alone, ...together] = receipts;
  return [
    { what: 'time a message, 1 to 10,000 subscriptions', ratio: flat(subscriptions), most: MOST_MESSAGES },
    { what: 'time a receipt, 10 to 100,000 in flight', ratio: flat(together), most: MOST_MESSAGES },
    {
      what: 'the same, of one at a time (which has a turn for itself)',
      ratio: Math.max(...together.map(({ nsPerMessage }) => nsPerMessage)) / alone.nsPerMessage,
      most: MOST_MESSAGES,
    },
  ];
}
