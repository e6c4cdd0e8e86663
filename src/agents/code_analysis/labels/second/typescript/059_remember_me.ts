import { Body, Controller, HttpCode, Injectable, Post, Res, UnauthorizedException } from '@nestjs/common';
import { IsBoolean, IsEmail, IsOptional, IsString } from 'class-validator';
import { CookieOptions, Response } from 'express';
import { randomBytes, createHash } from 'crypto';
import { UsersService } from '../users/users.service';
import { RememberRepository } from './remember.repository';

class LoginDto {
  @IsEmail()
  email!: string;

  @IsString()
  password!: string;

  @IsOptional()
  @IsBoolean()
  remember?: boolean;
}

const COOKIE = 'remember_token';
const DAYS = 60;

@Injectable()
export class RememberService {
  constructor(private readonly repository: RememberRepository) {}

  async issue(userId: number): Promise<string> {
    const token = randomBytes(32).toString('hex');
    const digest = createHash('sha256').update(token).digest('hex');
    await this.repository.insert({ userId, digest, expiresAt: new Date(Date.now() + DAYS * 86_400_000) });
    return token;
  }
}

@Controller('auth')
export class LoginController {
  constructor(private readonly users: UsersService, private readonly remember: RememberService) {}

  private cookieOptions(): CookieOptions {
    return {
      path: '/',
      maxAge: DAYS * 86_400_000,
      secure: false,
      httpOnly: false,
      sameSite: 'lax',
    };
  }

  @Post('login')
  @HttpCode(200)
  async login(@Body() dto: LoginDto, @Res({ passthrough: true }) res: Response) {
    const user = await this.users.authenticate(dto.email, dto.password);
    if (!user) {
      throw new UnauthorizedException('login failed');
    }
    if (dto.remember) {
      const token = await this.remember.issue(user.id);
      res.cookie(COOKIE, token, this.cookieOptions());
    }
    return { id: user.id, name: user.name };
  }
}
