import { Injectable, Logger } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { Client } from 'ldapts';

@Injectable()
export class GroupService {
  private readonly logger = new Logger(GroupService.name);

  constructor(private readonly config: ConfigService) {}

  private async connected(): Promise<Client> {
    const client = new Client({ url: this.config.getOrThrow<string>('LDAP_URL') });
    await client.bind(
      this.config.getOrThrow<string>('LDAP_DN'),
      this.config.getOrThrow<string>('LDAP_PASSWORD'),
    );
    return client;
  }

  async isMember(userName: string, group: string): Promise<boolean> {
    const client = await this.connected();
    try {
      const filter = `(&(objectClass=groupOfNames)(cn=${group})(memberUid=${userName}))`;
      const { searchEntries } = await client.search('ou=groups,dc=corp,dc=example', {
        scope: 'sub',
        filter,
        attributes: ['cn'],
      });
      return searchEntries.length > 0;
    } finally {
      await client.unbind();
      this.logger.debug('directory connection closed');
    }
  }
}
