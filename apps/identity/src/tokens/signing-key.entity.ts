import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('signing_keys')
export class SigningKeyEntity {
  @PrimaryColumn('text') kid: string;
  /** `current` signs; one at most, by a partial unique index. `retired` is still accepted. */
  @Column('text') state: 'current' | 'retired';
  /** Nonce, ciphertext and tag; see `sealSigningKey`. */
  @Column('bytea', { name: 'private_key_sealed' }) privateKeySealed: Buffer;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
}
