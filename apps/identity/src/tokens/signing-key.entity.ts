import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('signing_keys')
export class SigningKeyEntity {
  @PrimaryColumn('text') kid: string;
  /** `current` signs, `next` will, `retired` is still accepted; of the first two one each at most, by partial unique indexes. */
  @Column('text') state: 'next' | 'current' | 'retired';
  /** Nonce, ciphertext and tag; see `sealSigningKey`. */
  @Column('bytea', { name: 'private_key_sealed' }) privateKeySealed: Buffer;
  @Column('timestamptz', { name: 'created_at' }) createdAt: Date;
  @Column('timestamptz', { name: 'state_since' }) stateSince: Date;
}
