/** Photos that are the same or look alike. */
import { asDuplicate, type DuplicateImage, type Seen } from "../input/account";

/** Photos that are the same or look alike. */
export interface PhotoGroup extends DuplicateImage {
  /** Whether they are not all of the same classes: the network would learn both of one picture. */
  readonly isAcrossClasses: boolean;
  /** Whether they are in several splits: the network would be tested on what it has seen. */
  readonly isAcrossSplits: boolean;
}

/** The groups, the greatest first, of equals by their first file. */
export function groupsOf(groups: readonly (readonly Seen[])[], labels: readonly string[]): PhotoGroup[] {
  return groups
    .map((same) => ({
      ...asDuplicate(same, labels),
      isAcrossClasses: new Set(same.map(({ file }) => file.labels.join())).size > 1,
      isAcrossSplits: new Set(same.map(({ split }) => split)).size > 1,
    }))
    .sort((one, other) => other.files.length - one.files.length || byFirst(one, other));
}

function byFirst({ files: [a = ""] }: PhotoGroup, { files: [b = ""] }: PhotoGroup): number {
  return a < b ? -1 : 1;
}
