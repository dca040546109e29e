/** What is known of weights that others publish. */
import { quoteNearest } from "../../tensorflow";

/** Weights that can be fetched. */
export interface Published {
  /** Where they are, from the source's base. */
  readonly address: string;
  readonly license: string;
  readonly bytes?: number;
  /** 64 hexadecimal digits, or the first of them. */
  readonly sha256?: string;
  readonly md5?: string;
  /** Where a small file is that tells more, kept beside the weights. */
  readonly beside?: string;
}

/** Who publishes weights as single files. */
export interface PublishedSource {
  /** Where addresses begin. */
  readonly baseUrl: string;
  /** The networks whose weights it surely has. */
  readonly networks: readonly string[];
  /**
   * Which weights of a network are meant.
   * @param tag  @default the source's own default
   * @throws {RangeError} that names the nearest, if there are none of that name
   */
  tagOf(this: void, network: string, tag: string | undefined): string;
  /** Where they are, and what they must be. @param tag  as tagOf() gives it @throws as tagOf() */
  find(this: void, network: string, tag: string, asking: Asking): Published | Promise<Published>;
}

/** How a source is asked. */
export interface Asking {
  readonly baseUrl: string;
  readonly signal?: AbortSignal;
}

/** Why weights are not fetched. @param known  the names that there are */
export function unknownWeights(name: string, known: Iterable<string>): RangeError {
  return new RangeError(
    `Cannot fetch weights "${name}": expected a name such as ${quoteNearestWeights(name, known)}, got no such one`,
  );
}

/** The nearest of names such as "timm/resnet50" in quotes; of the same library, if there is one whose name begins alike. */
export function quoteNearestWeights(wanted: string, names: Iterable<string>): string {
  const [all, asked] = [[...names], libraryOf(wanted)];
  const alike = all.filter((name) => {
    const library = libraryOf(name);
    return library.startsWith(asked) || asked.startsWith(library);
  });
  return quoteNearest(wanted, alike.length > 0 ? alike : all);
}

/** "timm" of "timm/resnet50". */
export function libraryOf(name: string): string {
  return name.split("/")[0] ?? name;
}
