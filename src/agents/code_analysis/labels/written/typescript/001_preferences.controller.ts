import { Body, Controller, Get, Patch, Req, UseGuards, ValidationPipe } from '@nestjs/common';
import { IsBoolean, IsIn, IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import type { Request } from 'express';
import { SessionGuard } from '../auth/session.guard';
import { PrismaService } from '../prisma/prisma.service';

export class PreferencesDto {
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(80)
  name?: string;

  @IsOptional()
  @IsIn(['en', 'de', 'fr'])
  locale?: string;

  @IsOptional()
  @IsBoolean()
  newsletter?: boolean;
}

const VISIBLE = { id: true, name: true, locale: true, newsletter: true } as const;
const STRICT = new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true });

type MemberRequest = Request & { memberId: number };

@Controller('preferences')
@UseGuards(SessionGuard)
export class PreferencesController {
  constructor(private readonly prisma: PrismaService) {}

  @Get()
  read(@Req() request: MemberRequest) {
    return this.prisma.member.findUniqueOrThrow({ where: { id: request.memberId }, select: VISIBLE });
  }

  @Patch()
  change(@Req() request: MemberRequest, @Body(STRICT) dto: PreferencesDto) {
    const { name, locale, newsletter } = dto;
    return this.prisma.member.update({
      where: { id: request.memberId },
      data: { name, locale, newsletter },
      select: VISIBLE,
    });
  }
}
