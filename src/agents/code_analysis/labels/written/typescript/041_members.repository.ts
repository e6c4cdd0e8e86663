import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Member } from './member.entity';

const ORDER = {
  name: 'm.name',
  joined: 'm.joinedAt',
} as const;

export type OrderKey = keyof typeof ORDER;

export interface MemberFilter {
  search?: string;
  role?: string;
  orderBy?: string;
  page?: number;
}

const PAGE_SIZE = 25;

function isOrderKey(value: string | undefined): value is OrderKey {
  return value !== undefined && Object.hasOwn(ORDER, value);
}

@Injectable()
export class MembersRepository {
  constructor(@InjectRepository(Member) private readonly members: Repository<Member>) {}

  async list(filter: MemberFilter): Promise<[Member[], number]> {
    const query = this.members
      .createQueryBuilder('m')
      .select(['m.id', 'm.name', 'm.joinedAt'])
      .take(PAGE_SIZE)
      .skip(Math.max(0, filter.page ?? 0) * PAGE_SIZE)
      .orderBy(isOrderKey(filter.orderBy) ? ORDER[filter.orderBy] : ORDER.name, 'ASC');

    if (filter.role) {
      query.andWhere('m.role = :role', { role: filter.role });
    }
    if (filter.search) {
      query.andWhere('m.name ILIKE :search', { search: `%${filter.search.slice(0, 80)}%` });
    }
    return query.getManyAndCount();
  }
}
