import { CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID, CLONE_PARENT_SETTID, CLONE_PIDFD, CLONE_SETTLS, CSIGNAL } from '../../linux/process.js';
import { signalName } from '../../linux/signal.js';
import { FLAGS, flagNames } from './names.js';
import { address } from './text.js';

/** clone(2): flags, stack, parent's word, TLS, child's word in the order of riscv64, each shown only when the flags make it count. */
export function showClone(args: readonly number[]): string[] {
  const [flags, stack, parent, tls, child] = args;
  const signal = flags & CSIGNAL;
  const bits = flags - signal;
  const names = bits === 0 ? [] : [flagNames(FLAGS.clone, bits)];
  if (signal !== 0) names.push(signalName(signal));
  const parts = [`child_stack=${address(stack)}`, `flags=${names.join('|') || '0'}`];
  if ((flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) !== 0) parts.push(`parent_tid=${address(parent)}`);
  if ((flags & CLONE_SETTLS) !== 0) parts.push(`tls=${address(tls)}`);
  if ((flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) !== 0) parts.push(`child_tidptr=${address(child)}`);
  return parts;
}
