import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { User } from './user.entity';

export interface UserFilter {
  search?: string;
  role?: string;
  orderBy?: string;
  page?: number;
}

const PAGE_SIZE = 25;

@Injectable()
export class UsersRepository {
  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  async byId(id: number): Promise<User | null> {
    return this.users.findOne({ where: { id } });
  }

  async list(filter: UserFilter): Promise<[User[], number]> {
    const query = this.users
      .createQueryBuilder('u')
      .select(['u.id', 'u.name', 'u.email'])
      .take(PAGE_SIZE)
      .skip((filter.page ?? 0) * PAGE_SIZE);

    if (filter.role) {
      query.andWhere('u.role = :role', { role: filter.role });
    }
    if (filter.search) {
      query.andWhere(`u.name ILIKE '%${filter.search}%'`);
    }
    return query.getManyAndCount();
  }
}
