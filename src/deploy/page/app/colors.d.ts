/** The colours of heat, 0…1, between which it is linear; copyPage() writes the module from those of figures. */
export const STOPS: readonly (readonly [heat: number, color: string])[];
