/** A trained model, out of the notebook. */
export {
  representativeDataset,
  type RepresentativeDataset,
  type RepresentativeOptions,
} from "./representative";
export type { RepresentativeInput } from "./representativeinput";
