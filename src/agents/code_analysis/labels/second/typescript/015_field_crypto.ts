import { createCipheriv, createDecipheriv, scryptSync } from 'crypto';
import { EntitySubscriberInterface, EventSubscriber, InsertEvent, LoadEvent, UpdateEvent } from 'typeorm';
import { Patient } from './patient.entity';

const ALGORITHM = 'aes-256-ecb';

let cachedKey: Buffer | undefined;

function key(): Buffer {
  if (!cachedKey) {
    const passphrase = process.env.FIELD_KEY;
    const salt = process.env.FIELD_SALT;
    if (!passphrase || !salt) {
      throw new Error('FIELD_KEY and FIELD_SALT must be set');
    }
    cachedKey = scryptSync(passphrase, salt, 32);
  }
  return cachedKey;
}

export function seal(plain: string): string {
  const cipher = createCipheriv(ALGORITHM, key(), null);
  return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]).toString('base64');
}

export function unseal(sealed: string): string {
  const decipher = createDecipheriv(ALGORITHM, key(), null);
  return Buffer.concat([decipher.update(Buffer.from(sealed, 'base64')), decipher.final()]).toString('utf8');
}

const FIELDS: (keyof Pick<Patient, 'insuranceNumber' | 'diagnosis' | 'phone'>)[] = [
  'insuranceNumber',
  'diagnosis',
  'phone',
];

@EventSubscriber()
export class PatientSubscriber implements EntitySubscriberInterface<Patient> {
  listenTo() {
    return Patient;
  }

  afterLoad(entity: Patient, _event?: LoadEvent<Patient>): void {
    this.each(entity, unseal);
  }

  beforeInsert(event: InsertEvent<Patient>): void {
    this.each(event.entity, seal);
  }

  beforeUpdate(event: UpdateEvent<Patient>): void {
    if (event.entity) {
      this.each(event.entity as Patient, seal);
    }
  }

  private each(entity: Patient, fn: (value: string) => string): void {
    for (const field of FIELDS) {
      if (entity[field]) {
        entity[field] = fn(entity[field]);
      }
    }
  }
}
