import type { BodyInit } from '../frame/serializer.js';
import type { Pool } from '../pool/pool.js';
import type { PublishOptions } from '../transport/heads.js';
import { mayBeSentAgain } from './failures.js';

/** A message under which connections end as often as this is not sent once more. */
const MAX_TRIES = 10;

/**
 * Publishes a message as often as it takes for the broker to say what became of it. When connections are lost on
 * the way it may arrive twice. Rejects with what the broker said, or with what ended the pool.
 */
export async function publishAgain(
  pool: Pool,
  destination: string,
  body: BodyInit,
  options: PublishOptions,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await pool.publish(destination, body, options);
      return;
    } catch (error) {
      if (!mayBeSentAgain(error) || pool.state === 'closed' || tries === MAX_TRIES) throw error;
    }
  }
}
