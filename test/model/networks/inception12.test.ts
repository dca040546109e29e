import { test } from "node:test";
import { expectSlims } from "./slim";

const NETWORKS = {
  inception_v1: { architecture: "inception_v1" },
  inception_v2: { architecture: "inception_v2", defaultImageSize: 160 },
  "inception_v2/0.5": { architecture: "inception_v2", defaultImageSize: 160, width: 0.5 },
} as const;

for (const [entry, options] of Object.entries(NETWORKS))
  test(`${entry}: variables, endpoints, logits, decay and moving statistics equal TF-Slim's to 1e-4`, () => {
    expectSlims(entry, options);
  });
