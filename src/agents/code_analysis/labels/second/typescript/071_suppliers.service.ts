import { Controller, Get, Injectable, Query, UseGuards } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Brackets, Repository } from 'typeorm';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { Supplier } from './supplier.entity';
import { JwtAuthGuard } from '../auth/jwt-auth.guard';

const SORTABLE = ['name', 'country', 'createdAt'] as const;
type SortKey = (typeof SORTABLE)[number];

const COLUMNS: Record<SortKey, string> = {
  name: 's.name',
  country: 's.country',
  createdAt: 's.created_at',
};

export class SupplierQuery {
  @IsOptional()
  @IsString()
  @MaxLength(80)
  term?: string;

  @IsOptional()
  @IsIn(SORTABLE as unknown as string[])
  sort?: SortKey;
}

function escapeLike(value: string): string {
  return value.replace(/[\\%_]/g, (c) => '\\' + c);
}

@Injectable()
export class SuppliersService {
  constructor(@InjectRepository(Supplier) private readonly repo: Repository<Supplier>) {}

  search(query: SupplierQuery): Promise<Supplier[]> {
    const qb = this.repo.createQueryBuilder('s');
    if (query.term) {
      const like = '%' + escapeLike(query.term) + '%';
      qb.where(
        new Brackets((w) => {
          w.where('s.name ILIKE :like', { like }).orWhere('s.city ILIKE :like', { like });
        }),
      );
    }
    const column = COLUMNS[query.sort ?? 'name'];
    return qb.orderBy(column, 'ASC').take(100).getMany();
  }
}

@UseGuards(JwtAuthGuard)
@Controller('suppliers')
export class SuppliersController {
  constructor(private readonly suppliers: SuppliersService) {}

  @Get()
  list(@Query() query: SupplierQuery) {
    return this.suppliers.search(query);
  }
}
