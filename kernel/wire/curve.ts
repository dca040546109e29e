/** Encryption of what goes over the sockets (CurveZMQ), as jupyter_client 8.10 and ipykernel 7.4 have it. */
import { capability, curveKeyPair } from "zeromq";
import { type Connection } from "./connection";

/** Options of a socket that listens. */
export interface ServerSecurity {
  readonly curveServer?: true;
  readonly curvePublicKey?: string;
  readonly curveSecretKey?: string;
}

/** Options of a socket that connects. */
export interface ClientSecurity {
  readonly curveServerKey?: string;
  readonly curvePublicKey?: string;
  readonly curveSecretKey?: string;
}

/**
 * How a kernel's sockets are secured: by the keys of its connection file, if it has any.
 * @throws {Error} if ZeroMQ was built without encryption
 */
export function serverSecurity({ curve }: Connection): ServerSecurity {
  if (curve === undefined) return {};
  expectCurve();
  return { curveServer: true, curvePublicKey: curve.publicKey, curveSecretKey: curve.secretKey };
}

/**
 * How a client's socket is secured: it knows the kernel by its public key, and has keys of its own.
 * @throws {Error} if ZeroMQ was built without encryption
 */
export function clientSecurity({ curve }: Connection): ClientSecurity {
  if (curve === undefined) return {};
  expectCurve();
  const { publicKey, secretKey } = curveKeyPair();
  return { curveServerKey: curve.publicKey, curvePublicKey: publicKey, curveSecretKey: secretKey };
}

function expectCurve(): void {
  if (capability.curve === true) return;
  throw new Error(
    "Cannot encrypt as the connection file says: expected a ZeroMQ with CurveZMQ, got one without",
  );
}
