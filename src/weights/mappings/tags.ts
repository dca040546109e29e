/** Which weights of a network those that publish them have, by tag, and for which pixels. */
import { timmTags } from "../published/timm";
import { torchvisionTags } from "../published/torchvision";

/** A network's name with the tags of its weights that want its pixels. @param name  "timm/resnet50" @returns "timm/resnet50.a1_in1k", … */
export function taggedOf(name: string): readonly string[] {
  const [, source = "", network = ""] = /^(\w+)\/(.+)$/.exec(name) ?? [];
  const tags: Readonly<Record<string, (network: string) => readonly string[]>> = {
    timm: timmTags,
    torchvision: torchvisionTags,
  };
  return (tags[source]?.(network) ?? []).map((tag) => `${name}.${tag}`);
}
