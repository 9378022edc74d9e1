package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Credentials as NativeCredentials
import com.databricks.sql.kernel.internal.Profile as NativeProfile

/**
 * Who signs in where, and to which warehouse: of values that are given, variables of the environment and `~/.databrickscfg`. Fields, their order
 * of precedence and the choice of a way to sign in are databricks-sdk's; `docs/profiles.md` lists them. Nothing is asked of a server.
 */
public class Profile private constructor(private val native: NativeProfile, private val browser: UserBrowser) {
    /** The workspace's address, with `https://`. */
    public val host: String = native.host()

    /** How it signs in, by databricks-sdk's name for it. */
    public val authType: String = native.authType()

    /** All values that are set, and where each came from. */
    public val values: List<ProfileValue> = native.values().map { ProfileValue(it.name, it.value, it.source) }

    /** The warehouse's path. [KernelException.InvalidArgument] when neither `http_path` nor `warehouse_id` is set. */
    public fun httpPath(): String = call { native.httpPath() }

    /** Who signs in. */
    public fun credentials(): Credentials = OfProfile(native, browser)

    override fun toString(): String = "Profile($authType at $host)"

    public companion object {
        /**
         * Reads a profile: that of [name], or by default what `DATABRICKS_CONFIG_PROFILE` says, or the file, or `DEFAULT`. [fields] go before all
         * other values, by the fields' names, such as `host` and `warehouse_id`. [browser] shows the page where a person signs in.
         * [KernelException.InvalidArgument] names the file, the profile and the field.
         */
        @JvmStatic
        @JvmOverloads
        public fun read(name: String? = null, fields: Map<String, String> = emptyMap(), browser: UserBrowser = DesktopBrowser): Profile =
            Profile(call { NativeProfile.read(name, fields) }, browser)
    }
}

/** A value of a profile; that of a secret is `***`. */
public class ProfileValue internal constructor(
    /** The field's name, as in the file. */
    public val name: String,
    /** The value; `***` for a secret. */
    public val value: String,
    /** Where it came from, such as `the variable DATABRICKS_HOST` or `[dev] in ~/.databrickscfg`. */
    public val source: String,
) {
    override fun toString(): String = "$name=$value from $source"
}

private class OfProfile(private val profile: NativeProfile, private val browser: UserBrowser) : Credentials() {
    override fun toNative(host: String): NativeCredentials = profile.credentials(Programs, BrowserAdapter(browser))

    override fun toString(): String = "OfProfile"
}
