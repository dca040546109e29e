import type { FunctionParts } from "./functiondef";
import type { RecordedNode, Source } from "./recorded";

/** Who takes what a node gives, once for each time; undefined for an output of the function. */
export type Users = ReadonlyMap<RecordedNode, readonly (RecordedNode | undefined)[]>;

/** Who takes what, in a recording. */
export function usersOf({ nodes, outputs }: Pick<FunctionParts, "nodes" | "outputs">): Users {
  const users = new Map<RecordedNode, (RecordedNode | undefined)[]>();
  const note = (source: Source, user: RecordedNode | undefined): void => {
    if (source.kind !== "node") return;
    const known = users.get(source.node);
    if (known === undefined) users.set(source.node, [user]);
    else known.push(user);
  };
  for (const node of nodes) for (const input of node.inputs) note(input, node);
  for (const { source } of outputs) note(source, undefined);
  return users;
}
