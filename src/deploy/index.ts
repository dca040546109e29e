/** A trained model, out of the notebook. */
export {};
