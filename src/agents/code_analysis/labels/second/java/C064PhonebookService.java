package com.acme.phonebook;

import java.util.ArrayList;
import java.util.Hashtable;
import java.util.List;
import javax.naming.Context;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.Attributes;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;
import javax.naming.directory.SearchControls;
import javax.naming.directory.SearchResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class C064PhonebookService {

    private static final Logger LOG = LoggerFactory.getLogger(C064PhonebookService.class);
    private static final String BASE = "ou=staff,dc=acme,dc=example";

    @Value("${ldap.url}")
    private String url;
    @Value("${ldap.user}")
    private String user;
    @Value("${ldap.password}")
    private String password;

    @GetMapping("/phonebook")
    public List<String> search(@RequestParam("q") String q,
                               @RequestParam(value = "site", required = false) String site) {
        String filter = "(&(objectClass=person)(|(sn=" + q + "*)(givenName=" + q + "*)))";
        if (site != null) {
            filter = "(&" + filter + "(l=" + site + "))";
        }
        try {
            return find(filter);
        } catch (NamingException e) {
            LOG.error("phone book is not available", e);
            return new ArrayList<>();
        }
    }

    private List<String> find(String filter) throws NamingException {
        SearchControls controls = new SearchControls();
        controls.setSearchScope(SearchControls.SUBTREE_SCOPE);
        controls.setReturningAttributes(new String[] {"cn", "telephoneNumber"});
        controls.setCountLimit(100);
        List<String> result = new ArrayList<>();
        DirContext context = connect();
        try {
            NamingEnumeration<SearchResult> found = context.search(BASE, filter, controls);
            while (found.hasMore()) {
                Attributes attributes = found.next().getAttributes();
                Attribute phone = attributes.get("telephoneNumber");
                result.add(attributes.get("cn").get() + ": " + (phone == null ? "-" : phone.get()));
            }
        } finally {
            context.close();
        }
        return result;
    }

    private DirContext connect() throws NamingException {
        Hashtable<String, String> env = new Hashtable<>();
        env.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
        env.put(Context.PROVIDER_URL, url);
        env.put(Context.SECURITY_PRINCIPAL, user);
        env.put(Context.SECURITY_CREDENTIALS, password);
        return new InitialDirContext(env);
    }
}
