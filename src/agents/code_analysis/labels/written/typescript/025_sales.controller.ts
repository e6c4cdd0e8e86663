import { BadRequestException, Controller, Get, Query, UseGuards } from '@nestjs/common';
import { PrismaService } from '../prisma/prisma.service';
import { SessionGuard } from '../auth/session.guard';

interface SalesRow {
  bucket: Date;
  total: number;
}

const INTERVALS = ['day', 'week', 'month'] as const;
type Interval = (typeof INTERVALS)[number];

function parseDate(text: string | undefined): Date {
  const value = new Date(text ?? '');
  if (Number.isNaN(value.getTime())) {
    throw new BadRequestException('a date is needed');
  }
  return value;
}

@Controller('sales')
@UseGuards(SessionGuard)
export class SalesController {
  constructor(private readonly prisma: PrismaService) {}

  @Get()
  async sales(
    @Query('from') from?: string,
    @Query('to') to?: string,
    @Query('interval') interval: string = 'day',
  ): Promise<SalesRow[]> {
    if (!INTERVALS.includes(interval as Interval)) {
      throw new BadRequestException('unknown interval');
    }
    return this.prisma.$queryRaw<SalesRow[]>`
      SELECT date_trunc(${interval}, sold_at) AS bucket, sum(total)::float AS total
      FROM sales
      WHERE sold_at >= ${parseDate(from)} AND sold_at < ${parseDate(to)}
      GROUP BY 1 ORDER BY 1`;
  }
}
