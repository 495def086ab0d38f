import type { Estimate, Version } from "../api/types";
import { estimated } from "./format";

/** What a version is judged by: how often it names the right diagnosis, or how far its outlines overlap. */
export const scoreOf = (version: Version): Estimate | null =>
  version.dice_estimate ?? version.accuracy_estimate;

/** The same in words, with n and its interval. */
export const scored = (version: Version): string =>
  version.dice_estimate ? `Dice ${estimated(version.dice_estimate)}` : estimated(version.accuracy_estimate);
