import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import { Invite } from './invite.entity';
import { MailService } from '../mail/mail.service';
import { UsersService } from '../users/users.service';

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789';
const TOKEN_LENGTH = 24;
const VALID_DAYS = 7;

function randomString(length: number): string {
  let out = '';
  for (let i = 0; i < length; i++) {
    out += ALPHABET.charAt(Math.floor(Math.random() * ALPHABET.length));
  }
  return out;
}

@Injectable()
export class InviteService {
  constructor(
    @InjectRepository(Invite) private readonly invites: Repository<Invite>,
    private readonly mail: MailService,
    private readonly users: UsersService,
  ) {}

  async invite(teamId: number, email: string, invitedBy: number): Promise<void> {
    const expiresAt = new Date(Date.now() + VALID_DAYS * 24 * 3600 * 1000);
    const invite = this.invites.create({
      teamId,
      email: email.toLowerCase(),
      invitedBy,
      token: randomString(TOKEN_LENGTH),
      expiresAt,
    });
    await this.invites.save(invite);
    await this.mail.send(invite.email, 'invite', {
      link: `${process.env.PUBLIC_URL}/join/${invite.token}`,
      expires: expiresAt.toISOString().slice(0, 10),
    });
  }

  async accept(token: string, password: string): Promise<number> {
    const invite = await this.invites.findOne({ where: { token, expiresAt: MoreThan(new Date()) } });
    if (!invite) {
      throw new NotFoundException('invitation not found');
    }
    const user = await this.users.createInTeam(invite.teamId, invite.email, password);
    await this.invites.delete({ id: invite.id });
    return user.id;
  }
}
