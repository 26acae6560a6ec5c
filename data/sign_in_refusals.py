"""Why somebody is not let in, in words: nothing in them tells a wrong name from a wrong password."""

from sqlalchemy.orm import Session

from data import policy
from data.errors import SignInRefused
from data.people_tables import Account


def wrong(session: Session) -> SignInRefused:
    """A wrong name, a wrong password and a locked account, all alike."""
    n, minutes = policy.value(session, "failures"), policy.value(session, "locked_minutes")
    return SignInRefused(
        f"Name and password do not go together, or the account is locked. After {n} failures in a row an account is "
        f"locked for {minutes} minutes; the security administrator can unlock it.",
        f"账号或口令不正确，或账号已被锁定。连续 {n} 次失败后账号锁定 {minutes} 分钟，安全管理员可提前解锁。",
    )


def wrong_old() -> SignInRefused:
    """The old password was not right."""
    return SignInRefused("The old password is not right. Type it again.", "原口令不正确，请重新输入。")


def wrong_code() -> SignInRefused:
    """The code of the second factor was not right."""
    return SignInRefused(
        "The code is not right or was used before. Wait for the next one and check the clock of the device.",
        "动态口令不正确或已使用过，请等待下一个口令并核对设备时间。",
    )


def not_active(account: Account) -> SignInRefused:
    """The password was right, but the account is blocked or left."""
    return SignInRefused(
        f"The account {account.code} is {account.state}. Ask the security administrator.",
        f"账号 {account.code} 已{'停用' if account.state == 'blocked' else '注销'}，请联系安全管理员。",
    )


def lapsed() -> SignInRefused:
    """A one-time password came too late."""
    return SignInRefused(
        "The one-time password was not used in time. Ask the security administrator for a new one.",
        "一次性口令已过期，请向安全管理员重新申领。",
    )


def first(step: str) -> SignInRefused:
    """Another step of the sign-in comes first."""
    return SignInRefused(
        f"The sign-in is not complete: “{step}” comes first. Finish it.", "登录尚未完成，请先完成前面的步骤。"
    )


def ended(why: str = "") -> SignInRefused:
    """There is no such sign-in, or it has ended."""
    if why == "idle":
        return SignInRefused(
            "You were signed out after a while without doing anything. Sign in again; nothing saved was lost.",
            "长时间未操作，已自动退出，请重新登录；已保存的内容不会丢失。",
        )
    return SignInRefused("The sign-in has ended. Sign in again.", "登录已失效，请重新登录。")
