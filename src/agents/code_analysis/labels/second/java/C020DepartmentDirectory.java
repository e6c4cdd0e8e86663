package com.acme.directory;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Hashtable;
import java.util.List;
import javax.naming.Context;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;
import javax.naming.directory.SearchControls;
import javax.naming.directory.SearchResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

public class C020DepartmentDirectory {

    private static final Logger LOG = LoggerFactory.getLogger(C020DepartmentDirectory.class);
    private static final String BASE = "ou=staff,dc=acme,dc=example";
    private static final String BY_NAME = "(&(objectClass=person)(departmentNumber={0})(sn={1}))";
    private static final String ALL = "(&(objectClass=person)(departmentNumber={0}))";

    private final Hashtable<String, String> environment = new Hashtable<>();

    public C020DepartmentDirectory(String url, String principal, String credentials) {
        if (!url.startsWith("ldaps://")) {
            throw new IllegalArgumentException("the directory must be reached over ldaps");
        }
        environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
        environment.put(Context.PROVIDER_URL, url);
        environment.put(Context.SECURITY_AUTHENTICATION, "simple");
        environment.put(Context.SECURITY_PRINCIPAL, principal);
        environment.put(Context.SECURITY_CREDENTIALS, credentials);
        environment.put("com.sun.jndi.ldap.read.timeout", "5000");
    }

    public List<String> members(int department, String surname) {
        String filter = surname == null || surname.isEmpty() ? ALL : BY_NAME;
        Object[] arguments = filter.equals(ALL)
                ? new Object[] {Integer.toString(department)}
                : new Object[] {Integer.toString(department), surname};
        SearchControls controls = new SearchControls();
        controls.setSearchScope(SearchControls.SUBTREE_SCOPE);
        controls.setReturningAttributes(new String[] {"cn"});
        controls.setReturningObjFlag(false);
        controls.setCountLimit(300);

        List<String> names = new ArrayList<>();
        DirContext context = null;
        try {
            context = new InitialDirContext(environment);
            NamingEnumeration<SearchResult> found = context.search(BASE, filter, arguments, controls);
            while (found.hasMore()) {
                names.add(String.valueOf(found.next().getAttributes().get("cn").get()));
            }
            return names;
        } catch (NamingException e) {
            LOG.error("department could not be read", e);
            return Collections.emptyList();
        } finally {
            close(context);
        }
    }

    private static void close(DirContext context) {
        if (context != null) {
            try {
                context.close();
            } catch (NamingException e) {
                LOG.debug("context not closed", e);
            }
        }
    }
}
