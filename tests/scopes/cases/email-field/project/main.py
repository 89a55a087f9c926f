from pydantic import BaseModel, EmailStr
