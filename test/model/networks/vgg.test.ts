import { test } from "node:test";
import type { Architecture } from "../../../src/model";
import { everyNetwork } from "../../everynetwork";
import { expectSlims } from "./slim";

const NETWORKS: readonly Architecture[] = ["alexnet_v2", "vgg_a", "vgg_16", "vgg_19"];

for (const architecture of everyNetwork(NETWORKS, ["alexnet_v2", "vgg_16"]))
  test(`${architecture}: variables, endpoints, logits and weight decay equal TF-Slim's to 1e-4`, () => {
    expectSlims(architecture, { architecture });
  });
