/** Prints what the classifier of a folder says, as JSON. */
import { loadClassifier } from "../../src/classifier";
import { probabilitiesOf } from "./small";

const { model, classNames } = loadClassifier(process.argv[2] ?? "");
console.log(JSON.stringify({ classNames, probabilities: probabilitiesOf(model) }));
