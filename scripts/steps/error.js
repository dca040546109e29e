"use strict";

/** A reason why the set-up cannot go on, told in one line: what is missing and the command that brings it. */
class SetupError extends Error {}

/** The error for something that this machine lacks. */
function missing(expected, got, command) {
  return new SetupError(`Cannot set up slimlab: expected ${expected}, got ${got}; bring it with: ${command}`);
}

module.exports = { SetupError, missing };
