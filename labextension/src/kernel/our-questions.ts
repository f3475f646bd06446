import type { KernelMessage } from '@jupyterlab/services';

/** Whether a message belongs to a silent question of the server's half (`kernel_expression.py`). */
export function isOurs(message: KernelMessage.IMessage): boolean {
  return (message.parent_header as Partial<KernelMessage.IHeader>).username === 'devstral';
}
