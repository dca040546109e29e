import { type Backend, type Host } from "./backend";
import { connectToKernel } from "./client";
import { Conversation } from "./conversation";

/**
 * Cells that run in a kernel which is running already, also one that others use.
 * @param path  its connection file
 * @throws {Error} if no kernel answers
 */
export async function createRemote(path: string, host: Host): Promise<Backend> {
  const conversation = new Conversation(await connectToKernel(path), host, {
    cell: 1,
    store: host.interactive,
  });
  await conversation.findCell();
  process.on("SIGINT", () => conversation.interrupt());
  return conversation;
}
