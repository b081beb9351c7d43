import type { Command } from './ambient.ts';
import type { Random } from './random.ts';

/** Secrets Manager in memory: every version of a value stays. */
export class SimulatedVault {
  readonly #versions = new Map<string, Map<string, string>>();
  readonly #random: Random;
  readonly #missing: () => Error;

  constructor(random: Random, missing: () => Error) {
    this.#random = random;
    this.#missing = missing;
  }

  /** Takes over the state of another one. */
  become(other: SimulatedVault): void {
    for (const [id, versions] of other.#versions) this.#versions.set(id, new Map(versions));
  }

  answer({ kind, input }: Command): unknown {
    if (kind === 'CreateSecret') return this.#put(input.Name, input.SecretString, new Map());
    const versions = this.#versions.get(input.SecretId);
    if (!versions) throw this.#missing();
    if (kind === 'PutSecretValue') return this.#put(input.SecretId, input.SecretString, versions);
    if (kind === 'DeleteSecret') {
      this.#versions.delete(input.SecretId);
      return {};
    }
    const value =
      input.VersionId === undefined ? [...versions.values()].at(-1) : versions.get(input.VersionId);
    if (value === undefined) throw this.#missing();
    return { SecretString: value };
  }

  #put(id: string, value: string, versions: Map<string, string>): { VersionId: string } {
    const version = this.#random.bytes(8).toString('hex');
    this.#versions.set(id, versions.set(version, value));
    return { VersionId: version };
  }
}
