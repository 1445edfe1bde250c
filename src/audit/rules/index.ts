import { ACK_RULES } from './acks.js';
import { CONNECT_RULES } from './connecting.js';
import { END_RULES } from './ending.js';
import { HEADER_RULES } from './headers.js';
import { LENGTH_RULES } from './length.js';
import { RECEIPT_RULES } from './receipts.js';
import { REQUIRED_RULES } from './required.js';
import type { Rule } from './rule.js';
import { SUBSCRIPTION_RULES } from './subscriptions.js';
import { TRANSACTION_RULES } from './transactions.js';
import { WASTE_RULES } from './waste.js';
import { WIRE_RULES } from './wire.js';

/** All of them, from the bytes up to habits. */
export const RULES: readonly Rule[] = Object.freeze([
  ...WIRE_RULES,
  ...HEADER_RULES,
  ...LENGTH_RULES,
  ...REQUIRED_RULES,
  ...CONNECT_RULES,
  ...END_RULES,
  ...RECEIPT_RULES,
  ...SUBSCRIPTION_RULES,
  ...ACK_RULES,
  ...TRANSACTION_RULES,
  ...WASTE_RULES,
]);
