import { test } from "node:test";
import { compareWithSource } from "./sourced";

for (const source of ["torchvision", "timm", "keras"])
  test(`convnext_tiny.${source} has its source's logits and endpoints, to 1e-4, and its parameters`, () =>
    compareWithSource(`convnext_tiny.${source}`));
