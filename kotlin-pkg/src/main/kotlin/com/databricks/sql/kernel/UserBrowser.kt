package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.Browser
import com.databricks.sql.kernel.internal.CallbackException
import java.io.IOException
import java.net.URI

/** Shows pages to a person, written in Kotlin or Java. */
public fun interface UserBrowser {
    /**
     * Shows the page at [url], on which the person signs in, and answers whether it was shown; when not, or when it throws, the address is
     * logged as a warning. Called on a thread of the kernel's that may wait. It has the context class loader of the thread that opened the session.
     */
    public fun show(url: String): Boolean
}

/** The desktop's browser. */
internal object DesktopBrowser : UserBrowser {
    override fun show(url: String): Boolean = browses(url) || opens(url)

    /** By `java.awt.Desktop`, which many a runtime is without: it is only looked up here. */
    private fun browses(url: String): Boolean = try {
        val desktop = Class.forName("java.awt.Desktop")
        val isSupported = desktop.getMethod("isDesktopSupported").invoke(null) as Boolean
        if (isSupported) desktop.getMethod("browse", URI::class.java).invoke(desktop.getMethod("getDesktop").invoke(null), URI(url))
        isSupported
    } catch (_: ReflectiveOperationException) {
        false
    }

    /** Java knows the desktops of Linux only where they have certain libraries. */
    private fun opens(url: String): Boolean = try {
        System.getProperty("os.name") == "Linux" && ProcessBuilder("xdg-open", url).inheritIO().start().waitFor() == 0
    } catch (_: IOException) {
        false
    }
}

/** Nothing that a browser throws, an `Error` included, may come back to the kernel as an answer. */
internal class BrowserAdapter(private val browser: UserBrowser) : Browser {
    private val loader = Thread.currentThread().contextClassLoader

    override fun show(url: String): Boolean = try {
        withContextLoader(loader) { browser.show(url) }
    } catch (error: Throwable) {
        throw CallbackException.Failed(onlyCharacters(error.message ?: error.javaClass.name))
    }
}
