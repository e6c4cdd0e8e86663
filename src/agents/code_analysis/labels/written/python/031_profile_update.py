from typing import Optional
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy.orm import Session

from .auth import current_user
from .database import get_session
from .models import User

router = APIRouter(prefix="/profile")


class ProfileChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    display_name: Optional[str] = Field(None, min_length=1, max_length=80)
    timezone: Optional[str] = None
    newsletter: Optional[bool] = None

    @field_validator("timezone")
    @classmethod
    def known_timezone(cls, value):
        if value is not None and value not in available_timezones():
            raise ValueError("unknown time zone")
        return value


@router.patch("/")
def patch_profile(
    change: ProfileChange,
    user: User = Depends(current_user),
    session: Session = Depends(get_session),
):
    for name, value in change.model_dump(exclude_unset=True, exclude_none=True).items():
        setattr(user, name, value)
    session.commit()
    return {"id": user.id, "display_name": user.display_name, "timezone": user.timezone}
