import { Injectable, Logger, ServiceUnavailableException } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { AndFilter, Client, EqualityFilter } from 'ldapts';

export interface GroupMember {
  uid: string;
  name: string;
}

const GROUP_NAME = /^[a-z][a-z0-9-]{1,40}$/;

@Injectable()
export class GroupLookupService {
  private readonly logger = new Logger(GroupLookupService.name);

  constructor(private readonly config: ConfigService) {}

  async members(group: string): Promise<GroupMember[]> {
    if (!GROUP_NAME.test(group)) {
      return [];
    }
    const filter = new AndFilter({
      filters: [
        new EqualityFilter({ attribute: 'objectClass', value: 'inetOrgPerson' }),
        new EqualityFilter({ attribute: 'businessCategory', value: group }),
      ],
    });
    return this.withClient(async (client) => {
      const { searchEntries } = await client.search(this.config.getOrThrow('LDAP_BASE'), {
        scope: 'sub',
        filter,
        attributes: ['uid', 'cn'],
        sizeLimit: 500,
      });
      return searchEntries.map((e) => ({ uid: String(e.uid), name: String(e.cn) }));
    });
  }

  private async withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({
      url: this.config.getOrThrow<string>('LDAP_URL'),
      timeout: 5000,
      connectTimeout: 5000,
      tlsOptions: { minVersion: 'TLSv1.2' },
    });
    try {
      await client.startTLS({ minVersion: 'TLSv1.2' });
      await client.bind(this.config.getOrThrow('LDAP_BIND_DN'), this.config.getOrThrow('LDAP_BIND_PASSWORD'));
      return await work(client);
    } catch (e) {
      this.logger.error('directory query failed', e instanceof Error ? e.stack : undefined);
      throw new ServiceUnavailableException('directory not available');
    } finally {
      await client.unbind().catch(() => undefined);
    }
  }
}
