/** Every network, in the form of each of its sources, through every use that a model has, each of which leaves nothing behind. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { memory } from "../../src/tensorflow";
import { everyNetwork } from "../everynetwork";
import { settled } from "../settled";
import { FORMS, KINDS, nameOf, type Form } from "./forms";
import { freezes, goesOn, hasFeatures, isFineTuned, learns } from "./learns";
import { isKept, isServed } from "./leaves";
import { isExplained, isSummedUp, seesItsImage } from "./looks";

type Use = (form: Form) => void | Promise<void>;

const USES: Readonly<Record<string, Use>> = {
  "learns from a batch, compiled as eager": learns,
  "is frozen by scope": freezes,
  "has features that a head learns from": hasFeatures,
  "goes on from a checkpoint": goesOn,
  "is fine-tuned": isFineTuned,
  "is explained": isExplained,
  "tells what its endpoints see": seesItsImage,
  "is summed up": isSummedUp,
  "is kept and predicts photos": isKept,
  "is served": isServed,
};

for (const form of everyNetwork(FORMS, KINDS))
  for (const [what, use] of Object.entries(USES))
    test(`${nameOf(form)} ${what}`, async () => {
      await settled(); // what others have left
      const before = memory();
      await use(form);
      await settled();
      assert.deepEqual(memory(), before);
    });
