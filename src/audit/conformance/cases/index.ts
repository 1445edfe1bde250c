import type { BrokerCase } from '../types.js';
import { ackCases } from './ack.js';
import { admissionCases } from './admission.js';
import { connectCases } from './connect.js';
import { extensionCases } from './extensions.js';
import { frameCases } from './frame.js';
import { headerCases } from './headers.js';
import { lengthCases } from './length.js';
import { limitCases } from './limits.js';
import { messageCases } from './message.js';
import { receiptCases } from './receipt.js';
import { redeliveryCases } from './redelivery.js';
import { sendCases } from './send.js';
import { serverCases } from './server.js';
import { subscribeCases } from './subscribe.js';
import { transactionCases } from './transaction.js';
import { unsubscribeCases } from './unsubscribe.js';

/** What is asked of a broker, in the order in which it is asked. */
export const brokerCases: readonly BrokerCase[] = Object.freeze([
  ...connectCases,
  ...admissionCases,
  ...frameCases,
  ...headerCases,
  ...sendCases,
  ...lengthCases,
  ...subscribeCases,
  ...unsubscribeCases,
  ...ackCases,
  ...redeliveryCases,
  ...transactionCases,
  ...receiptCases,
  ...messageCases,
  ...serverCases,
  ...limitCases,
  ...extensionCases,
]);
