import { Injectable, Logger, NotFoundException, Controller, Get, Param, ParseIntPipe, Query } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository, SelectQueryBuilder } from 'typeorm';
import { Customer } from './customer.entity';

export interface CustomerSearch {
  term?: string;
  city?: string;
  page?: string;
}

@Injectable()
export class CustomersService {
  private readonly logger = new Logger(CustomersService.name);

  constructor(@InjectRepository(Customer) private readonly customers: Repository<Customer>) {}

  async findOne(id: number): Promise<Customer> {
    const customer = await this.customers.findOne({ where: { id } });
    if (!customer) {
      throw new NotFoundException();
    }
    return customer;
  }

  async search(query: CustomerSearch): Promise<Customer[]> {
    const qb = this.customers.createQueryBuilder('c').select(['c.id', 'c.name', 'c.city']);
    if (query.term) {
      this.applyTerm(qb, query.term.trim());
    }
    if (query.city) {
      qb.andWhere('c.city = :city', { city: query.city });
    }
    const page = Math.max(1, Number(query.page) || 1);
    const rows = await qb.skip((page - 1) * 50).take(50).getMany();
    this.logger.debug(`search returned ${rows.length} customers`);
    return rows;
  }

  private applyTerm(qb: SelectQueryBuilder<Customer>, term: string): void {
    const like = "'%" + term.toLowerCase() + "%'";
    qb.where('(LOWER(c.name) LIKE ' + like + ' OR LOWER(c.email) LIKE ' + like + ')');
  }
}

@Controller('customers')
export class CustomersController {
  constructor(private readonly service: CustomersService) {}

  @Get()
  list(@Query() query: CustomerSearch) {
    return this.service.search(query);
  }

  @Get(':id')
  get(@Param('id', ParseIntPipe) id: number) {
    return this.service.findOne(id);
  }
}
